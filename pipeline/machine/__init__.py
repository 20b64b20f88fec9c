"""Facts about the machine: effective CPUs, noise, fingerprint, interpreters."""
