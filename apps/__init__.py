"""How people reach it: command line, phone pages, Streamlit. The outermost layer."""
