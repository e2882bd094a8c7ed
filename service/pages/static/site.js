// Nothing here is needed to read a page.

// Names of outlets while one is typed.
const list = document.getElementById("outlets");
let asked = 0;
for (const input of list ? document.querySelectorAll("input[list=outlets]") : []) {
  input.addEventListener("input", () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      if (input.value.trim().length < 2) return;
      const answer = await fetch(`${document.documentElement.dataset.base}/v1/outlets?limit=10&q=${encodeURIComponent(input.value.trim())}`);
      if (!answer.ok) return;
      const { items } = await answer.json();
      list.replaceChildren(...items.map((outlet) => Object.assign(document.createElement("option"), { value: outlet.slug, label: outlet.name })));
    }, 200);
  });
}

// On paper everything is open.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not(.filters):not([open])")) details.open = true;
});
