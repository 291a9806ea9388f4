"""What the page does when something happens on it: values in, values out; `space.page` wires them."""
