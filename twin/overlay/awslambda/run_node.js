// Copyright (c) stackwright.aws contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

// Runs the handler of a Node.js function once: task folder, handler and the file for the answer are given.
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");

const [root, handler, answer] = process.argv.slice(2);
const dot = handler.lastIndexOf(".");
const file = path.join(root, handler.slice(0, dot));
const end = Date.now() + Number(process.env.TWIN_TIMEOUT || "3") * 1000;
const context = {
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  invokedFunctionArn: process.env.TWIN_FUNCTION_ARN,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  awsRequestId: process.env.TWIN_REQUEST_ID,
  getRemainingTimeInMillis: () => end - Date.now(),
};

async function main() {
  const event = JSON.parse(fs.readFileSync(0, "utf8"));
  const module = fs.existsSync(file + ".mjs") ? await import(pathToFileURL(file + ".mjs")) : require(file);
  const call = module[handler.slice(dot + 1)];
  if (call.length > 2) {
    return new Promise((resolve, reject) => call(event, context, (error, value) => (error ? reject(error) : resolve(value))));
  }
  return call(event, context);
}

main().then(
  (value) => {
    fs.writeFileSync(answer, JSON.stringify(value === undefined ? null : value));
    process.exit(0);
  },
  (error) => {
    const trace = String(error.stack || error).split("\n");
    fs.writeFileSync(answer, JSON.stringify({ errorMessage: error.message, errorType: error.name, trace }));
    console.error(error);
    process.exit(1);
  },
);
