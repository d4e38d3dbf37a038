/* The service worker of the phone page. It keeps the offline page and its static files, shows that page when
   the network fails, and sends what waits when the browser says that the network is back. It never stores an
   answer with data in it. A new version waits until no page of the old one is open: none is stranded. */
var PORTAL = {{ settings|safe }};
var CACHE = "portal-field-" + PORTAL.version;
var PATIENT = 15000; // milliseconds that a page of the phone may take before the offline page comes
var OWN_PAGES = ["/my-grid/", "/issues/new/"];
importScripts.apply(self, PORTAL.scripts);

// Static files have names that change with them, so what the browser already has will do.
function fetched(address) {
  var fresh = address === PORTAL.shell ? "reload" : "default";
  return fetch(new Request(address, { cache: fresh, credentials: "omit" })).then(function (response) {
    if (!response.ok || response.redirected) {
      throw new Error(address);
    }
    return response;
  });
}

self.addEventListener("install", function (event) {
  event.waitUntil(
    caches.open(CACHE).then(function (cache) {
      return Promise.all(
        [PORTAL.shell].concat(PORTAL.assets).map(function (address) {
          return fetched(address).then(function (response) {
            return cache.put(address, response);
          });
        })
      );
    })
  );
});

self.addEventListener("activate", function (event) {
  event.waitUntil(
    caches.keys().then(function (names) {
      return Promise.all(
        names
          .filter(function (name) {
            return name.indexOf("portal-field-") === 0 && name !== CACHE;
          })
          .map(function (name) {
            return caches.delete(name);
          })
      );
    })
  );
});

function shell() {
  return caches.open(CACHE).then(function (cache) {
    return cache.match(PORTAL.shell).then(function (found) {
      return found || Response.error();
    });
  });
}

function page(request) {
  var address = new URL(request.url);
  var late = new Promise(function (resolve) {
    if (OWN_PAGES.indexOf(address.pathname) >= 0) {
      setTimeout(resolve, PATIENT, null);
    }
  });
  return Promise.race([fetch(request), late]).then(
    function (response) {
      return response || shell();
    },
    shell
  );
}

self.addEventListener("fetch", function (event) {
  var request = event.request;
  var address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (PORTAL.assets.indexOf(address.pathname) >= 0) {
    event.respondWith(
      caches.open(CACHE).then(function (cache) {
        return cache.match(address.pathname).then(function (found) {
          return found || fetch(request);
        });
      })
    );
  }
});

function tellPages(message) {
  return self.clients.matchAll({ includeUncontrolled: true }).then(function (pages) {
    pages.forEach(function (one) {
      one.postMessage(message);
    });
  });
}

self.addEventListener("sync", function (event) {
  if (event.tag === "portal-field-send") {
    event.waitUntil(
      self.portalSend(null).then(function (result) {
        return tellPages({ type: "portal-field", result: result }).then(function () {
          if (result.state === "offline" || result.state === "busy") {
            throw new Error(result.state); // the browser tries again later
          }
        });
      })
    );
  }
});
