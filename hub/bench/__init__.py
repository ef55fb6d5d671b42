"""Measures the hub against other engines that do the same work, and against its own targets."""
