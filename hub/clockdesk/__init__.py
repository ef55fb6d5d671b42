"""The IT desk's view of the clocks: vectors and stories read and checked, due times and intervals in words."""
