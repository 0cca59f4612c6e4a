"""Runnable comparisons; never timed tests."""
