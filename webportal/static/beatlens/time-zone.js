// Tells the portal which time zone the browser is in; until the next page it goes by the installation's.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || !/^[\w+/-]{1,64}$/.test(zone)) return;
  const wanted = `time_zone=${zone}`;
  if (document.cookie.split("; ").includes(wanted)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${wanted}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
})();
