// SPDX-License-Identifier: 0BSD
// Holds a document against OpenAPI's own schema of 3.1.
// usage: node openapi_valid.mjs URL
import { Validator } from '@seriousme/openapi-schema-validator';

const document = await (await fetch(process.argv[2])).json();
const result = await new Validator().validate(document);
if (!result.valid) {
  console.error(JSON.stringify(result.errors, null, 1));
  process.exit(1);
}
console.log(`valid: OpenAPI ${document.openapi}, ${Object.keys(document.paths).length} paths`);
