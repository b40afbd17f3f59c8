// node recorded.mjs CLIENTS-FOLDER RECORDINGS-FOLDER
// Writes every recorded transaction of the XRP Ledger in its binary form, one JSON object a line, with what it brought to whom. The binary form comes from the vendor's codec; what
// it brought is worked out here from the recording's own JSON, with the vendor's decimal arithmetic: nothing of ChainWatch takes part.
// At the end come ledgers, made of these transactions and hashed by the vendor's client, for the replay server.
import { createRequire } from 'node:module'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const [clients, recordings] = process.argv.slice(2)
const require = createRequire(join(clients, 'package.json'))
const { hashes, getBalanceChanges } = require('xrpl')
const { encode, decode } = require('ripple-binary-codec')
const { BigNumber } = require('bignumber.js')
BigNumber.config({ EXPONENTIAL_AT: [-200, 200], DECIMAL_PLACES: 200 })

const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.json') ? [join(folder, entry.name)] : []).sort()

function* transactions(value) {
  if (Array.isArray(value)) {
    for (const item of value) yield* transactions(item)
  } else if (value && typeof value === 'object') {
    const meta = value.meta?.AffectedNodes ? value.meta : value.metaData?.AffectedNodes ? value.metaData : null
    const inner = value.tx_json ?? value.transaction ?? value.tx
    if (meta) {
      const { meta: _m, metaData: _d, ...flat } = inner ?? value
      yield { tx: flat, meta, hash: value.hash ?? flat.hash }
    } else {
      for (const item of Object.values(value)) yield* transactions(item)
    }
  }
}

const currency = (text) => text.length === 40 && /^0{24}/.test(text) ? Buffer.from(text.slice(24, 30), 'hex').toString() : text
const assetOf = (amount) => typeof amount === 'string' ? 'XRP' : amount.mpt_issuance_id ? amount.mpt_issuance_id : `${currency(amount.currency)}.${amount.issuer}`
const valueOf = (amount) => typeof amount === 'string' ? new BigNumber(amount).shiftedBy(-6) : new BigNumber(amount.value)

// What a transaction brought: the delivered amount of a payment or check, and everywhere else the gain of each holder's balance.
function gains(tx, meta) {
  if (meta.TransactionResult !== 'tesSUCCESS') return []
  const nodes = meta.AffectedNodes.map((node) => Object.entries(node)[0]).map(([change, node]) => ({ change, ...node }))
  const settles = { CheckCash: 'Check', EscrowFinish: 'Escrow', PaymentChannelClaim: 'PayChannel' }[tx.TransactionType]
  const settled = settles && nodes.find((node) => node.LedgerEntryType === settles && (node.FinalFields ?? node.NewFields)?.Destination)
  const means = settled ? (settled.FinalFields ?? settled.NewFields) : tx
  const found = new Map()
  const add = (account, asset, value) => {
    const key = `${account} ${asset}`
    if (value.gt(0)) found.set(key, { account, asset, value: (found.get(key)?.raw ?? new BigNumber(0)).plus(value) })
    if (found.has(key)) found.get(key).raw = found.get(key).value
  }
  for (const node of nodes) {
    const after = node.FinalFields ?? node.NewFields ?? {}
    const before = node.PreviousFields ?? {}
    const created = node.change === 'CreatedNode'
    if (node.LedgerEntryType === 'AccountRoot' && after.Balance && (created || before.Balance)) {
      const payer = tx.Delegate ?? tx.Account
      add(after.Account, 'XRP', valueOf(after.Balance).minus(valueOf(before.Balance ?? '0')).plus(after.Account === payer ? valueOf(tx.Fee ?? '0') : 0))
    } else if (node.LedgerEntryType === 'RippleState' && (created || before.Balance)) {
      const now = valueOf(after.Balance ?? { value: '0' })
      const was = valueOf(before.Balance ?? { value: '0' })
      const holds = (value) => value.gt(0) ? value : new BigNumber(0)
      const code = currency(after.LowLimit.currency)
      add(after.LowLimit.issuer, `${code}.${after.HighLimit.issuer}`, holds(now).minus(holds(was)))
      add(after.HighLimit.issuer, `${code}.${after.LowLimit.issuer}`, holds(now.negated()).minus(holds(was.negated())))
    } else if (node.LedgerEntryType === 'MPToken' && after.MPTAmount) {
      const changed = Object.keys(before)
      if (created || before.MPTAmount !== undefined || changed.length === 0) {
        add(after.Account, after.MPTokenIssuanceID, new BigNumber(after.MPTAmount).minus(before.MPTAmount ?? 0))
      }
    }
  }
  // Since 2014 a payment that names no delivered amount delivered what it says.
  const amount = meta.delivered_amount ?? meta.DeliveredAmount ?? tx.Amount
  const delivers = ['Payment', 'CheckCash'].includes(tx.TransactionType) && amount
  if (delivers && amount.issuer !== means.Destination) {
    found.delete(`${means.Destination} ${assetOf(amount)}`)
    add(means.Destination, assetOf(amount), valueOf(amount))
  }
  // What else its destination gained by a payment, it gained by a trade of its own.
  const meant = (asset) => !delivers || asset === assetOf(amount) || (amount.issuer === means.Destination && asset.startsWith(`${currency(amount.currency)}.`))
  return [...found.values()].map(({ account, asset, value }) => account === means.Destination && meant(asset)
    ? { account, asset, value: value.toFixed(), tag: means.DestinationTag ?? null, from: means.Account }
    : { account, asset, value: value.toFixed(), tag: null, from: null })
}

// The vendor's own sums of what each account gained in XRP, as a second opinion.
function vendorXrp(tx, meta) {
  const sums = {}
  for (const { account, balances } of getBalanceChanges(meta)) {
    for (const { currency: code, value } of balances.filter((balance) => !balance.issuer)) {
      const gained = new BigNumber(value).plus(account === (tx.Delegate ?? tx.Account) ? valueOf(tx.Fee ?? '0') : 0)
      if (code === 'XRP' && gained.gt(0)) sums[account] = gained.toFixed()
    }
  }
  return sums
}

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const whole = []
for (const file of files(recordings)) {
  let parsed
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    continue
  }
  let index = 0
  for (const { tx, meta: given, hash } of transactions(parsed)) {
    // Some recordings keep only the server's delivered_amount of a partial payment; the ledger's own metadata holds it as DeliveredAmount.
    const partial = tx.TransactionType === 'Payment' && (tx.Flags & 0x00020000) !== 0 && given.delivered_amount && given.delivered_amount !== 'unavailable' && !given.DeliveredAmount
    const meta = partial ? { ...given, DeliveredAmount: given.delivered_amount } : given
    const name = `${relative(recordings, file)}#${index++}`
    const { DeliverMax, ...rest } = tx
    const json = tx.TransactionType === 'Payment' && !rest.Amount ? { ...rest, Amount: DeliverMax } : rest
    try {
      const tx_blob = encode(json)
      const meta_blob = encode(meta)
      const id = hashes.hashSignedTx(tx_blob)
      const line = {
        name, type: json.TransactionType, result: meta.TransactionResult, tx_blob, meta_blob, hash: id, recorded: hash ?? null, ledger: Number(tx.ledger_index ?? tx.inLedger ?? 0),
        gains: gains(json, meta), xrp: vendorXrp(json, meta), delivered: meta.delivered_amount ?? null,
      }
      write(line)
      if (id === hash) whole.push({ json, meta, line })
    } catch (error) {
      write({ name, type: json.TransactionType, error: String(error.message) })
    }
  }
}

// Ledgers of up to ten transactions each, linked by their hashes.
let parent_hash = 'A'.repeat(64)
for (let number = 0, at = 0; at < whole.length; number++, at += 10) {
  const part = whole.slice(at, at + 10).filter(({ line }, index, all) => all.findIndex((other) => other.line.hash === line.hash) === index)
  const listed = part.map(({ json, meta, line }, index) => {
    const metaData = { ...meta, TransactionIndex: index }
    return { full: { ...json, metaData }, hash: line.hash, tx_blob: line.tx_blob, meta_blob: encode(metaData), tx_json: json, meta: metaData }
  })
  const header = {
    ledger_index: 90000000 + number, total_coins: '99986000000000000', parent_hash, transaction_hash: hashes.hashTxTree(listed.map(({ full }) => full)), account_hash: 'B'.repeat(64),
    parent_close_time: 780000000 + 4 * number, close_time: 780000004 + 4 * number, close_time_resolution: 10, close_flags: 0,
  }
  const ledger_hash = hashes.hashLedgerHeader(header)
  write({ header: { ...header, ledger_hash }, transactions: listed.map(({ full, ...rest }) => rest), gains: part.map(({ line }) => ({ hash: line.hash, gains: line.gains })) })
  parent_hash = ledger_hash
}
