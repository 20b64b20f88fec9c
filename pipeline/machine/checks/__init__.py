"""What makes timings noisy on this machine: one small function per check, in a registry. Nothing is changed."""
