"""The vault of callers' contacts: encrypted by unify, revealed to the call-back role, each time on record."""
