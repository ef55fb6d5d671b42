"""WeChat public account (微信公众号): its signature, its messages, and what is answered."""
