// One JSON line in: an OpenAPI document of one operation and the values of a call. One JSON line out: the request that swagger-client builds.
import readline from "node:readline";
import { createRequire } from "node:module";

const SwaggerClient = createRequire(process.argv[2] + "/")("swagger-client");

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { spec, parameters, requestBody, requestContentType } = JSON.parse(line);
  let answer;
  try {
    const build = SwaggerClient.buildRequest ?? SwaggerClient.default.buildRequest;
    const request = build({ spec, operationId: "t", parameters, requestBody, requestContentType });
    const body = request.body;
    const form = body && !Array.isArray(body) && typeof body.entries === "function" ? [...body.entries()].map(([name, value]) => [name, String(value)]) : null;
    answer = { url: request.url, headers: request.headers, body: form ? null : body ?? null, form };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
