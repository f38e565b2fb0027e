"""Streamlit screen of the cooperative."""
