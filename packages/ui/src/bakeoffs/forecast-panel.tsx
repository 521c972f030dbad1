/** The forecast of a full run, with the reader's own prices, which stay in the page. */
import type { BakeoffInfo } from '@saltworks/contract/api/bakeoffs';
import type { BakeoffReport } from '@saltworks/contract/documents/bakeoffs';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type Prices, prices as pricesDocument } from '@saltworks/contract/documents/prices';
import { forecasts } from '@saltworks/core/judge/forecast';
import { useState } from 'react';
import { Field } from '../field.tsx';
import { count, counted, duration, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Panel } from '../states.tsx';

const orNone = <T,>(value: T | null, show: (value: T) => string) => (value === null ? '–' : show(value));
const amount = (money: number | null) => orNone(money, (value) => value.toFixed(value < 0.1 ? 4 : 2));

export function ForecastPanel({ info: { whole }, report }: { info: BakeoffInfo; report: BakeoffReport }) {
  const [prices, setPrices] = useState<Prices>();
  const [failure, setFailure] = useState('');
  const read = async (file: File | undefined) => {
    try {
      setPrices(file && parseDocument(file.name, await file.text(), pricesDocument));
      setFailure('');
    } catch (error) {
      setPrices(undefined);
      setFailure((error as Error).message);
    }
  };
  const found = forecasts(report, whole, prices);
  const devices = found[0].devices.map(({ name }) => name);
  const number = (name: string) => ({ name, number: true });
  return (
    <Panel title="A full run">
      <div className="forecast">
        <p>
          Of {counted(whole.images, 'image')}, {count(whole.drawn)} of them drawn on. Keys that are there are not made
          again. Seconds are those of the sample, one image after the other; several workers share them.
        </p>
        <Table
          caption="What a full run takes"
          columns={[
            { name: 'Variant' },
            number('Keys to make'),
            ...devices.map((device) => number(`Inference on ${device}`)),
            number('Masks on one core'),
            ...['GET', 'PUT', 'HEAD', 'LIST', 'Bytes of keys', 'Bytes of masks'].map(number),
          ]}
          rows={found.map(({ name, images, devices, coreSeconds, requests, keyBytes, maskBytes }) => [
            name,
            count(images),
            ...devices.map(({ seconds }) => orNone(seconds, duration)),
            orNone(coreSeconds, duration),
            ...[requests.get, requests.put, requests.head, requests.list].map(count),
            ...[keyBytes, maskBytes].map((bytes) => orNone(bytes, size)),
          ])}
        />
        {prices && (
          <Table
            caption={`In ${prices.currency}, as far as the price file tells`}
            columns={[
              { name: 'Variant' },
              ...devices.map((device) => number(`Inference on ${device}`)),
              ...['Masks', 'Requests', 'Storage'].map(number),
              ...devices.map((device) => number(`In all, on ${device}`)),
            ]}
            rows={found.map(({ name, devices, money, total }) => [
              name,
              ...devices.map(({ money }) => amount(money)),
              ...[money.masks, money.requests, money.storage, ...total].map(amount),
            ])}
          />
        )}
        <Field
          label="Price file"
          hint="What devices, requests and storage cost (docs/bakeoff.md). It stays in this page."
        >
          <input type="file" accept=".json,application/json" onChange={(event) => void read(event.target.files?.[0])} />
        </Field>
        <p role="alert" className="failure">
          {failure}
        </p>
      </div>
    </Panel>
  );
}
