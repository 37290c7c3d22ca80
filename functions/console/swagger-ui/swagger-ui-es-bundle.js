// Left out: the page loads swagger-ui-bundle.js and swagger-ui-standalone-preset.js.
