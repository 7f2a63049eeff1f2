// One key for what is done all day. What has a key says so in aria-keyshortcuts; "?" lists them.
// Single keys can be switched off (WCAG 2.1.4); that is kept in this browser.
(() => {
  const button = document.querySelector("[data-keys]");
  const dialog = document.getElementById("tasten");
  if (!button || !dialog) return;
  const STORE = "tasten";
  const NAMES = { "Control+Enter": "Strg + Eingabe" };
  const LIST = "table.app-table--cases a.app-rowtitle";

  const isOn = () => { try { return localStorage.getItem(STORE) !== "aus"; } catch { return true; } };
  const turn = (on) => { try { localStorage.setItem(STORE, on ? "an" : "aus"); } catch { /* not kept */ } };
  const isShown = (e) => e.getClientRects().length > 0;
  const withKeys = () => [...document.querySelectorAll("[aria-keyshortcuts]")].filter(isShown);
  const rows = () => [...document.querySelectorAll(LIST)];
  const isTyped = (e) => e.matches("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])");

  const label = (e) =>
    e.labels && e.labels.length && !e.matches("button")
      ? e.labels[0].firstChild.textContent.trim()
      : e.textContent.replace(/\s+/g, " ").trim();

  const describe = () => {
    const list = dialog.querySelector("[data-keys-list]");
    const known = new Map();
    for (const e of withKeys()) {
      const key = e.getAttribute("aria-keyshortcuts");
      if (!known.has(key)) known.set(key, label(e));
    }
    if (rows().length) known.set("j", "Nächste Zeile").set("k", "Vorige Zeile");
    list.replaceChildren(...[...known].map(([key, words]) => {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      const kbd = document.createElement("kbd");
      const what = document.createElement("dd");
      kbd.textContent = NAMES[key] || key;
      what.textContent = words;
      term.append(kbd);
      row.append(term, what);
      return row;
    }));
  };

  const open = () => {
    describe();
    dialog.querySelector("[data-keys-on]").checked = isOn();
    dialog.showModal();
  };

  const step = (by) => {
    const links = rows();
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    if (next) next.focus();
    return Boolean(next);
  };

  const press = (key, from) => {
    const all = withKeys().filter((e) => e.getAttribute("aria-keyshortcuts") === key);
    const form = from.closest("form");
    const e = key === "Control+Enter" ? all.find((one) => form && one.form === form) : all[0];
    if (!e) return false;
    if (e === button) open();
    else if (isTyped(e)) e.focus();
    else e.click();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || event.isComposing || dialog.open) return;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    let done = false;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      done = press("Control+Enter", event.target);
    } else if (plain && isOn() && !isTyped(event.target)) {
      if (event.key === "j") done = step(1);
      else if (event.key === "k") done = step(-1);
      else done = press(event.key, event.target);
    }
    if (done) event.preventDefault();
  });

  dialog.querySelector("[data-keys-on]").addEventListener("change", (e) => turn(e.target.checked));
  button.addEventListener("click", open);
  button.hidden = false;
})();
