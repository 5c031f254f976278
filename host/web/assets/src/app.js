import "./htmx.js";
import "htmx-ext-sse";
import "./forms.js";
import "./keys.js";
import "./admin.js";
