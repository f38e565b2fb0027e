"""View models: localised, frozen, shared by HTML and Streamlit."""
