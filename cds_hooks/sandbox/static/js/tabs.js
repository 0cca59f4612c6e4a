// A tab list that works with the arrow keys, Home and End, and keeps the open tab in the address.

/** Wires a tablist; `onShow` hears the name of each tab that opens. The result's `open(name)` opens one. */
export function tabs(list, onShow) {
  const all = [...list.querySelectorAll('[role="tab"]')];
  const nameOf = (tab) => tab.id.replace(/^tab-/, "");
  const open = (tab, { focus = false } = {}) => {
    for (const each of all) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    history.replaceState(null, "", `#${nameOf(tab)}`);
    onShow(nameOf(tab));
  };
  const fromAddress = () => all.find((tab) => `#${nameOf(tab)}` === location.hash);
  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) open(tab);
  });
  list.addEventListener("keydown", (event) => {
    const at = all.indexOf(document.activeElement);
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[
      event.key
    ];
    if (at < 0 || target === undefined) return;
    event.preventDefault();
    open(all[target % all.length], { focus: true });
  });
  window.addEventListener("hashchange", () => fromAddress() && open(fromAddress()));
  if (fromAddress()) open(fromAddress());
  return { open: (name) => open(all.find((tab) => nameOf(tab) === name)) };
}
