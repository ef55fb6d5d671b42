"""HTTP intake: legacy systems post their native messages."""
