// Links and forms of one page change its address and tell the server, which builds anew what changed.
(() => {
  const tell = () => window.emitEvent && emitEvent("here", location.search);
  const go = (search) => {
    if ((location.search || "?") !== search) history.pushState(null, "", search === "?" ? location.pathname : search);
  };
  window.clawbackGo = go;

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target.closest && event.target.closest("a[href^='?']");
    if (!anchor || anchor.target === "_blank") return;
    event.preventDefault();
    go(led(anchor));
    tell();
  });

  // Where a link leads that says which names it sets: the others stay as they are now, not as they were
  // when the link was made. One that is opened elsewhere or copied leads there too.
  const led = (anchor) => {
    const href = anchor.getAttribute("href");
    if (!anchor.dataset.sets) return href;
    const query = new URLSearchParams(location.search), wanted = new URLSearchParams(href);
    for (const name of anchor.dataset.sets.split(" ")) {
      query.delete(name);
      for (const value of wanted.getAll(name)) query.append(name, value);
    }
    query.sort();
    return "?" + query.toString();
  };

  const freshen = (event) => {
    const anchor = event.target.closest && event.target.closest("a[data-sets]");
    if (anchor) anchor.setAttribute("href", led(anchor));
  };
  for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, freshen);

  const submit = (form) => {
    const query = new URLSearchParams(location.search);
    const fields = [...form.elements].filter((field) => field.name);
    fields.forEach((field) => query.delete(field.name));
    query.delete(form.dataset.resets || "page");
    for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
    query.sort();
    go("?" + query.toString());
    tell();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-here]");
    if (!form) return;
    event.preventDefault();
    submit(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-here]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) submit(form);
  });
  window.addEventListener("popstate", tell);

  // Who works by keyboard keeps their place when a part is built anew: its twin gets the focus.
  const name = (field) =>
    [field.tagName, field.id.replace(/^c\d+$/, ""), field.name, field.type === "radio" ? field.value : "",
      field.getAttribute("aria-label") || (field.matches("a, button") ? field.textContent : "")].join("|");
  const twin = (of) => {
    const wanted = name(of);
    return [...document.querySelectorAll(`#content ${of.tagName}`)].find((one) => name(one) === wanted && one.offsetParent);
  };
  // So they do after a question, which stands outside of the page, and after a flyout: what opened it.
  let place = null, opener = null, asked = false;
  document.addEventListener("focusin", (event) => {
    asked = Boolean(event.target.closest(".q-dialog"));
    if (asked) return;
    place = event.target.closest("#content") && event.target.matches("a, button, input, select, textarea") ? event.target : null;
    if (place && !place.closest(".flyout")) opener = place;
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".q-dialog")) return;
    if (place && !place.contains(event.target)) place = null;
    if (!event.target.closest(".flyout")) opener = null;
  });
  new MutationObserver(() => {
    if (document.activeElement !== document.body || document.querySelector(".q-dialog")) return;
    const left = place && (place.isConnected ? asked && place : twin(place));
    const found = left || (place && !place.isConnected && opener && !document.querySelector(".flyout") && (opener.isConnected ? opener : twin(opener)));
    asked = false;
    if (found) found.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector(".q-dialog")) return;
    const close = document.querySelector("a[data-closes]");
    if (close) close.click();
  });

  window.clawbackTheme = (theme) => {
    document.cookie = `clawback_theme=${theme}; path=${location.pathname.split("/console")[0]}/console; max-age=31536000; samesite=strict`;
    location.reload();
  };

  // Where the session has ended the socket is closed: load anew, and the gate leads to the sign-in.
  const ask = () => fetch(`${window.path_prefix}/session`, { cache: "no-store" }).then(
    (answer) => answer.status === 401 && location.reload(), () => {});
  const watch = () => {
    if (!window.socket) return setTimeout(watch, 200);
    const here = document.querySelector("header nav [aria-current]");
    if (here) here.closest("nav").scrollLeft = here.offsetLeft - here.closest("nav").offsetLeft - 48;  // on a phone
    window.socket.on("connect_error", ask);
    window.socket.on("disconnect", ask);
  };
  watch();

  // A page whose socket is refused or away does nothing: it says so, until the socket is there.
  const WORDS = "This page is not connected: it shows how things stood when it last was, and its buttons do nothing. " +
    "Close other tabs of your account if many are open, or check the connection; then load it again.";
  const note = document.body.appendChild(document.createElement("div"));
  note.className = "unconnected";
  note.setAttribute("role", "status");
  let since = null;
  setInterval(() => {
    const connected = window.socket && window.socket.connected;
    since = connected ? null : since || Date.now();
    const words = since && Date.now() - since > 4000 ? WORDS : "";
    if (note.textContent !== words) note.textContent = words;
  }, 500);
})();
