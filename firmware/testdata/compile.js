// Compiles Python sources on MicroPython's WebAssembly build: node compile.js PACKAGE-FOLDER <JSON
// stdin: {"sources": {name: text, ...}}; stdout: {"version": "...", "faults": {name: error, ...}}
const path = require('path');

let printed = '';
global.mpjsPrintStdout = (data) => { printed += data.toString(); };
// The module logs while it loads.
console.log = console.warn = console.error = () => {};

function run(code) {
  printed = '';
  global.mp_js_do_str(code);
  return printed.trim();
}

function answer(request) {
  global.mp_js_init(512 * 1024);
  const version = run('import sys; print(".".join([str(n) for n in sys.implementation[1]]))');
  const faults = {};
  for (const [name, source] of Object.entries(request.sources)) {
    // A JSON string literal of ASCII characters is a Python literal too.
    const literal = JSON.stringify(source).replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
    const result = run(`try:\n    compile(${literal}, "x.py", "exec")\n    print("ok")\nexcept SyntaxError as e:\n    print("SyntaxError:", e)\n`);
    if (result !== 'ok') faults[name] = result || 'printed nothing';
  }
  process.stdout.write(JSON.stringify({ version, faults }) + '\n', () => process.exit(0));
}

let input = '';
process.stdin.on('data', (data) => { input += data; });
process.stdin.on('end', () => {
  require(path.resolve(process.argv[2], 'lib', 'micropython.js'));
  // The module has no event for the end of its compilation.
  const wait = setInterval(() => {
    if (!global.mp_js_init) return;
    clearInterval(wait);
    answer(JSON.parse(input));
  }, 10);
});
