// A page whose job is still running: look again every two seconds, only while it is seen.
setTimeout(function look() {
  if (document.visibilityState === "visible") location.reload();
  else setTimeout(look, 2000);
}, 2000);
