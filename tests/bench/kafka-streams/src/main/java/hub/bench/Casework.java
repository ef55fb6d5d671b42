package hub.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
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
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Peer of `hub bench casework`: a 600-byte row a case is read, changed and written, its due time moves in an
 * index, and one record goes out. Both stores are RocksDB; `due_logged=false` keeps the index out of the changelog
 * and rebuilds it from the rows at start.
 */
public final class Casework {
    static final int ROW_BYTES = 600;
    private static final long LIMIT_MS = 3L * 86_400_000;

    private Casework() {}

    public static void main(String[] arguments) throws InterruptedException {
        Options options = Options.parse(arguments);
        boolean dueLogged = Boolean.parseBoolean(options.text("due_logged", "true"));
        boolean cached = Boolean.parseBoolean(options.text("cached", "false"));
        Topology topology = new Topology();
        topology.addSource("in", options.text("input"));
        topology.addProcessor("cases", new Cases(dueLogged, cached), "in");
        topology.addSink("out", options.text("output"), "cases");
        Engine.run(topology, options);
    }

    private record Cases(boolean dueLogged, boolean cached) implements ProcessorSupplier<byte[], byte[], byte[], byte[]> {
        @Override
        public Processor<byte[], byte[], byte[], byte[]> get() {
            return new Update(!dueLogged);
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            StoreBuilder<KeyValueStore<Bytes, byte[]>> rows = store("rows");
            StoreBuilder<KeyValueStore<Bytes, byte[]>> due = store("due");
            return Set.of(cached ? rows.withCachingEnabled() : rows, dueLogged ? due : due.withLoggingDisabled());
        }

        private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(String name) {
            return Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray());
        }
    }

    private static final class Update extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
        private final boolean rebuildIndex;
        private KeyValueStore<Bytes, byte[]> rows;
        private KeyValueStore<Bytes, byte[]> due;

        Update(boolean rebuildIndex) {
            this.rebuildIndex = rebuildIndex;
        }

        @Override
        public void init(ProcessorContext<byte[], byte[]> context) {
            super.init(context);
            rows = context.getStateStore("rows");
            due = context.getStateStore("due");
            if (rebuildIndex) {
                try (KeyValueIterator<Bytes, byte[]> every = rows.all()) {
                    while (every.hasNext()) {
                        KeyValue<Bytes, byte[]> row = every.next();
                        due.put(dueKey(ByteBuffer.wrap(row.value).getLong(12), row.key.get()), new byte[0]);
                    }
                }
            }
            context.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, this::fire);
        }

        /** Row: version (4 bytes), time of the latest event (8), due time (8), and what the event said. */
        @Override
        public void process(Record<byte[], byte[]> record) {
            Bytes key = Bytes.wrap(record.key());
            byte[] event = record.value();
            byte[] row = rows.get(key);
            int version = 1;
            if (row != null) {
                ByteBuffer old = ByteBuffer.wrap(row);
                version = old.getInt(0) + 1;
                due.delete(dueKey(old.getLong(12), record.key()));
            }
            long at = ByteBuffer.wrap(event).getLong(0);
            long dueAt = at + LIMIT_MS;
            ByteBuffer next = ByteBuffer.allocate(ROW_BYTES);
            next.putInt(version).putLong(at).putLong(dueAt).put(event, 8, Math.min(event.length - 8, next.remaining()));
            rows.put(key, next.array());
            due.put(dueKey(dueAt, record.key()), new byte[0]);
            ByteBuffer out = ByteBuffer.allocate(4 + event.length);
            out.putInt(version).put(event);
            context().forward(record.withValue(out.array()));
        }

        private void fire(long now) {
            byte[] until = ByteBuffer.allocate(8).putLong(now).array();
            try (KeyValueIterator<Bytes, byte[]> ripe = due.range(null, Bytes.wrap(until))) {
                while (ripe.hasNext()) {
                    due.delete(ripe.next().key);
                }
            }
        }

        private static Bytes dueKey(long dueAt, byte[] key) {
            return Bytes.wrap(ByteBuffer.allocate(8 + key.length).putLong(dueAt).put(key).array());
        }
    }
}
