/* The page of the API: Swagger UI over the portal's own OpenAPI document. */
(function () {
  "use strict";
  var place = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    syntaxHighlight: false,
    validatorUrl: null,
    requestInterceptor: function (request) {
      // Signed in by session: writing needs the page's CSRF token.
      request.headers["X-CSRFToken"] = place.dataset.csrf;
      return request;
    },
  });
})();
