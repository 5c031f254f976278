import htmx from "htmx.org";

// Where the extension for server-sent events looks for it.
window.htmx = htmx;
