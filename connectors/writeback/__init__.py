"""Write-back: what became of a case goes back to the system that reported it. Users' page: docs/writeback.md"""
