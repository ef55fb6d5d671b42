"""Notices: text messages, formal letters and tasks for people. For users: docs/notices.md"""
