"""Polls: the hub asks a legacy system for what is new, in its database or at its REST interface."""
