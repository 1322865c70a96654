// Shows /openapi.json in Swagger UI.
(async () => {
  const response = await fetch("/openapi.json");
  const spec = await response.json();
  // A script cannot set a cookie that it cannot read: the browser sends it by itself, so a box for it would do nothing.
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
