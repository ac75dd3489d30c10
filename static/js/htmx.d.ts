/** The global that htmx's own script defines, as far as we use it. */
declare namespace htmx {
  function ajax(verb: string, path: string, context: object): Promise<void>;
  function trigger(element: Element, event: string): void;
  function process(element: Element): void;
  function defineExtension(name: string, extension: object): void;
}
