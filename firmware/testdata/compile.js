// Compiles Python sources on MicroPython's WebAssembly build: node compile.js PACKAGE-FOLDER <JSON
// stdin: {"sources": {name: text, ...}}; stdout: {"version": "...", "faults": {name: what it said, ...}}
const path = require('path');

let printed = '';
global.mpjsPrintStdout = (data) => { printed += data.toString(); };
// The module tells about itself while it loads.
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
    // A JSON string literal is a Python one too, once nothing but ASCII is in it.
    const literal = JSON.stringify(source).replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
    const said = run(`try:\n    compile(${literal}, "x.py", "exec")\n    print("ok")\nexcept SyntaxError as e:\n    print("SyntaxError:", e)\n`);
    if (said !== 'ok') faults[name] = said || 'said nothing';
  }
  process.stdout.write(JSON.stringify({ version, faults }) + '\n', () => process.exit(0));
}

let input = '';
process.stdin.on('data', (data) => { input += data; });
process.stdin.on('end', () => {
  require(path.resolve(process.argv[2], 'lib', 'micropython.js'));
  // The module tells nobody when it has been compiled.
  const wait = setInterval(() => {
    if (!global.mp_js_init) return;
    clearInterval(wait);
    answer(JSON.parse(input));
  }, 10);
});
