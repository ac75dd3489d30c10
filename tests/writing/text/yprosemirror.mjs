// Edits a shared text with the real Yjs and y-prosemirror, as a browser would.
// stdin: {schema, updates: [base64], edits: [{kind, text}]}; stdout: {changed, updates: [base64]}.
import { readFileSync } from 'node:fs'
import { Schema } from 'prosemirror-model'
import { Transform } from 'prosemirror-transform'
import { initProseMirrorDoc, updateYFragment } from 'y-prosemirror'
import * as Y from 'yjs'

const input = JSON.parse(readFileSync(0, 'utf8'))
const schema = new Schema(input.schema)
const ydoc = new Y.Doc()
for (const update of input.updates) Y.applyUpdate(ydoc, Buffer.from(update, 'base64'))

const updates = []
ydoc.on('update', (update) => updates.push(Buffer.from(update).toString('base64')))
const fragment = ydoc.getXmlFragment('body')
let { doc, meta } = initProseMirrorDoc(fragment, schema)
doc.check()
// What y-prosemirror could not build, it has deleted by now.
const changed = updates.length > 0

const edits = {
  type: (tr, at) => tr.insert(at, schema.text('!')),
  double: (tr, at, text) => tr.insert(at, schema.text(text[0])),
  split: (tr, at) => tr.split(at, tr.doc.resolve(at).node(-1).type.name === 'list_item' ? 2 : 1),
  retype: (tr, at) => tr.setBlockType(at, at, schema.nodes.heading, { level: 2 }),
  join: (tr, at) => tr.join(tr.doc.resolve(at).before()),
  quote: (tr, at) => {
    const range = tr.doc.resolve(at).blockRange()
    return tr.wrap(range, [{ type: schema.nodes.blockquote }])
  },
  bold: (tr, at, text) => tr.addMark(at, at + text.length, schema.marks.strong.create()),
  delete: (tr, at, text) => tr.delete(at, at + text.length)
}

const find = (text) => {
  let found = -1
  doc.descendants((node, position) => {
    const index = node.isText ? node.text.indexOf(text) : -1
    if (found < 0 && index >= 0) found = position + index
  })
  if (found < 0) throw new Error(`no ${text}`)
  return found
}

for (const { kind, text } of input.edits) {
  doc = edits[kind](new Transform(doc), find(text), text).doc
  updateYFragment(ydoc, fragment, doc, meta)
}
process.stdout.write(JSON.stringify({ changed, updates }))
