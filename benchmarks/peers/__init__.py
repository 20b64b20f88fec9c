"""whichpool beside other benchmark tools, in one interleaved run."""
