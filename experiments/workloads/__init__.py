"""The kinds of work: one module per family, one small class per workload."""
