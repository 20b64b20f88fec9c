"""Small pieces of Python, one construct each. Every kernel takes `(first, rounds)` and returns the sum of the numbers.

In each round one number, from `first` on, goes through the construct that the kernel is named after. So each result
is known, whatever the construct, and a kernel that doesn't do what it says can't give it.
"""
