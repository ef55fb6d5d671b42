"""`hub demo`: the samples and a simulated day of the city, run through the real hub."""
