// Preloaded into a program, this prints for each compiled script whether V8 rejected its code cache.
const vm = require('node:vm')

vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options)
    process.stderr.write(`${options.filename}: cachedDataRejected ${this.cachedDataRejected}\n`)
  }
}
