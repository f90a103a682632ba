// Keeps one line open to the live process and says on this page what changed: an event `live:<kind>` on the body, with
// the ids in `detail.ids` (none: anything). A part of a page asks again with
//     hx-trigger="live:breakers from:body, every 30s"
// The thirty seconds are for the time without a line: nothing here is needed for a page to work.
(() => {
  "use strict";
  const address = new URL(document.currentScript.src).searchParams.get("to");
  const SHORTEST = 1000, LONGEST = 60000, CROWDED = 300000, SPREAD = 3000;
  const SIGNED_OUT = 4401, TOO_MANY = 4429;
  let kinds = [];
  let tries = 0;

  const tell = (kind, ids) =>
    document.body?.dispatchEvent(new CustomEvent(`live:${kind}`, { bubbles: true, detail: { ids } }));

  // Something may have been missed. Everybody hears that at once, so not everybody asks at once.
  const resync = () => setTimeout(() => kinds.forEach((kind) => tell(kind, [])), Math.random() * SPREAD);

  function hear(message) {
    if (message.hello) {
      const isBack = kinds.length > 0;
      kinds = message.hello;
      tries = 0;
      document.documentElement.dataset.live = "on";
      if (isBack) resync();
    } else if (message.resync) {
      resync();
    } else {
      tell(message.kind, message.ids);
    }
  }

  function connect() {
    const socket = new WebSocket(address);
    socket.onmessage = (event) => hear(JSON.parse(event.data));
    socket.onclose = ({ code }) => {
      document.documentElement.dataset.live = "off";
      if (code === SIGNED_OUT) return; // the next page asks to sign in
      const pause = Math.min(LONGEST, SHORTEST * 2 ** tries++) * (0.5 + Math.random() / 2);
      setTimeout(connect, code === TOO_MANY ? CROWDED : pause);
    };
  }

  // What a page asks by itself is no sign that somebody sits there, and must not take away what somebody types.
  document.addEventListener("htmx:configRequest", (event) => {
    const { triggeringEvent, elt, headers } = event.detail;
    if (triggeringEvent && !triggeringEvent.type.startsWith("live:")) return;
    headers["X-Background"] = "1";
    const typing = document.activeElement;
    if (elt.contains(typing) && typing.matches("input, textarea, select")) event.preventDefault();
  });

  if (address) connect();
})();
