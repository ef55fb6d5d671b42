"""The exactly-once runtime of unify and casework."""
