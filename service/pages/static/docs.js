const scheme = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", scheme.matches);
scheme.addEventListener("change", follow);
follow();

// The page has a main landmark, and Swagger UI would add a second one.
const create = document.createElement.bind(document);
document.createElement = (name, options) => create(name === "main" ? "div" : name, options);

// Swagger UI puts links into buttons, leaves levels of headings out, and does not name all fields.
function repair() {
  for (const link of document.querySelectorAll("#api button a[href]")) link.removeAttribute("href");
  for (const heading of document.querySelectorAll("#api h3.opblock-tag")) heading.setAttribute("aria-level", "2");
  for (const heading of document.querySelectorAll("#api h4:not([aria-level])")) heading.setAttribute("aria-level", "3");
  for (const heading of document.querySelectorAll("#api h5:not([aria-level])")) heading.setAttribute("aria-level", "4");
  for (const field of document.querySelectorAll("#api .parameters-col_description :is(select, input, textarea):not([aria-label])")) field.setAttribute("aria-label", field.closest("tr")?.dataset.paramName ?? "Value");
  for (const code of document.querySelectorAll("#api pre.microlight:not([tabindex])")) code.setAttribute("tabindex", "0");
  document.getElementById("servers")?.setAttribute("aria-label", "Server");
}
new MutationObserver(repair).observe(document.getElementById("api"), { childList: true, subtree: true });

SwaggerUIBundle({ url: "openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
