"""What tools say of work whose memory, end and CPU time are known."""
