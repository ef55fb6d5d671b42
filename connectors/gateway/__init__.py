"""The gateway of the staff endpoints: their dispatches as streams or pages, their actions back into the hub.

Contract for users: docs/gateway.md.
"""
