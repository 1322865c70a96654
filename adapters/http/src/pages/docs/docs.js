// Shows /openapi.json in Swagger UI.
(async () => {
  const response = await fetch("/openapi.json");
  const spec = await response.json();
  // Scripts cannot set the HttpOnly cookie, and the browser sends it anyway. An input for it would have no effect.
  const schemes = spec.components.securitySchemes;
  const cookies = Object.keys(schemes).filter((name) => schemes[name].in === "cookie");
  for (const name of cookies) delete schemes[name];
  for (const path of Object.values(spec.paths)) {
    for (const operation of Object.values(path)) {
      if (!operation.security) continue;
      operation.security = operation.security.filter((scheme) => !cookies.some((name) => name in scheme));
    }
  }
  SwaggerUIBundle({
    dom_id: "#ui",
    spec,
    deepLinking: true,
    persistAuthorization: true,
    tryItOutEnabled: true,
  });
})();
