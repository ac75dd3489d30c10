// Reads shared texts with the real Yjs.
// stdin: {texts: [[base64 of an update, ...], ...]}; stdout: [each text as nested arrays, or why it cannot be read].
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'

const read = (node) => {
  if (node instanceof Y.XmlText) return node.toDelta().map(({ insert, attributes }) => [insert, attributes ?? {}])
  if (node instanceof Y.XmlElement) return [node.nodeName, node.getAttributes(), node.toArray().map(read)]
  return node.toArray().map(read)
}

const { texts } = JSON.parse(readFileSync(0, 'utf8'))
const results = texts.map((updates) => {
  try {
    const doc = new Y.Doc()
    for (const update of updates) Y.applyUpdate(doc, Buffer.from(update, 'base64'))
    return read(doc.getXmlFragment('body'))
  } catch (error) {
    return String(error.stack)
  }
})
process.stdout.write(JSON.stringify(results))
