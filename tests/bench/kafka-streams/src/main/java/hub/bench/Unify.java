package hub.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Peer of `hub bench unify`: native hotline JSON in, CaseEvent out, once per event, bad messages to dead letters. */
public final class Unify {
    private static final long MEMORY_MS = 90L * 86_400_000;

    private Unify() {}

    public static void main(String[] arguments) throws InterruptedException {
        Options options = Options.parse(arguments);
        Schema schema = AvroWriter.read(options.text("schema"));
        byte[] tokenKey = HexFormat.of().parseHex(options.text("token_key"));
        Topology topology = new Topology();
        topology.addSource("in", options.text("input"));
        topology.addProcessor("unify", new Once(schema, tokenKey), "in");
        topology.addSink("out", options.text("output"), "unify");
        topology.addSink("dead", options.text("dead"), "unify");
        Engine.run(topology, options);
    }

    private record Once(Schema schema, byte[] tokenKey) implements ProcessorSupplier<byte[], byte[], byte[], byte[]> {
        @Override
        public Processor<byte[], byte[], byte[], byte[]> get() {
            return new Unifier(schema, tokenKey);
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore("seen"), Serdes.Bytes(), Serdes.ByteArray()));
        }
    }

    private static final class Unifier extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
        private final AvroWriter writer;
        private final Hotline hotline;
        private final Schema rawRef;
        private KeyValueStore<Bytes, byte[]> seen;

        Unifier(Schema schema, byte[] tokenKey) {
            writer = new AvroWriter(schema, 1);
            hotline = new Hotline(schema, tokenKey);
            rawRef = schema.getField("raw").schema();
        }

        @Override
        public void init(ProcessorContext<byte[], byte[]> context) {
            super.init(context);
            seen = context.getStateStore("seen");
            context.schedule(Duration.ofDays(1), PunctuationType.WALL_CLOCK_TIME, this::forget);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                GenericData.Record event = hotline.map(record.value());
                String eventId = (String) event.get("event_id");
                Bytes key = Bytes.wrap(HexFormat.of().parseHex(eventId));
                if (seen.get(key) != null) {
                    return;
                }
                long receivedAt = receivedAt(record);
                seen.put(key, ByteBuffer.allocate(8).putLong(receivedAt + MEMORY_MS).array());
                event.put("received_at", receivedAt);
                event.put("raw", raw());
                context().forward(cloudEvent(record, event, eventId), "out");
            } catch (Rejected rejected) {
                context().forward(letter(record, rejected), "dead");
            }
        }

        private GenericData.Record raw() {
            RecordMetadata where = context().recordMetadata().orElseThrow();
            GenericData.Record raw = new GenericData.Record(rawRef);
            raw.put("topic", where.topic());
            raw.put("partition", where.partition());
            raw.put("offset", where.offset());
            return raw;
        }

        private static long receivedAt(Record<byte[], byte[]> record) {
            Header stamp = record.headers().lastHeader("received-at");
            return stamp == null ? record.timestamp() : Long.parseLong(new String(stamp.value(), StandardCharsets.US_ASCII));
        }

        private Record<byte[], byte[]> cloudEvent(
                Record<byte[], byte[]> record, GenericData.Record event, String eventId) {
            Headers headers = new RecordHeaders();
            add(headers, "ce_specversion", "1.0");
            add(headers, "content-type", "application/vnd.confluent.avro");
            add(headers, "ce_id", eventId);
            add(headers, "ce_type", "hub.v1.CaseEvent." + event.get("kind"));
            add(headers, "ce_source", "/sources/hotline");
            add(headers, "ce_time", java.time.Instant.ofEpochMilli((Long) event.get("occurred_at")).toString());
            add(headers, "ce_subject", (String) event.get("case_id"));
            byte[] caseId = ((String) event.get("case_id")).getBytes(StandardCharsets.UTF_8);
            return new Record<>(caseId, writer.write(event), record.timestamp(), headers);
        }

        private static Record<byte[], byte[]> letter(Record<byte[], byte[]> record, Rejected rejected) {
            Headers headers = new RecordHeaders();
            add(headers, "dead-reason", rejected.reason);
            add(headers, "dead-field", rejected.field == null ? "" : rejected.field);
            return record.withHeaders(headers);
        }

        private static void add(Headers headers, String name, String value) {
            headers.add(name, value.getBytes(StandardCharsets.UTF_8));
        }

        private void forget(long now) {
            try (KeyValueIterator<Bytes, byte[]> every = seen.all()) {
                while (every.hasNext()) {
                    KeyValue<Bytes, byte[]> entry = every.next();
                    if (ByteBuffer.wrap(entry.value).getLong() <= now) {
                        seen.delete(entry.key);
                    }
                }
            }
        }
    }
}
