/** The part of the WebAssembly API used here; neither `es2023` nor the types of Node 20 declare it. */
declare namespace WebAssembly {
  class Module {
    private readonly brand;
  }
  class Instance {
    constructor(module: Module);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
