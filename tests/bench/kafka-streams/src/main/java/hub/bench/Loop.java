package hub.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/** Peer of `hub bench loop`: JSON in, seven Avro fields out, no state. */
public final class Loop {
    private static final Map<String, Integer> LEVELS = Map.of("一般", 1, "紧急", 2, "特急", 3);

    private Loop() {}

    public static void main(String[] arguments) throws InterruptedException {
        Options options = Options.parse(arguments);
        Schema schema = AvroWriter.read(options.text("schema"));
        Topology topology = new Topology();
        topology.addSource("in", options.text("input"));
        topology.addProcessor("transform", () -> new Transform(schema), "in");
        topology.addSink("out", options.text("output"), "transform");
        Engine.run(topology, options);
    }

    private static final class Transform extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
        private static final JsonFactory JSON = new JsonFactory();
        private final Schema schema;
        private final AvroWriter writer;

        Transform(Schema schema) {
            this.schema = schema;
            writer = new AvroWriter(schema, 1);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            context().forward(record.withValue(writer.write(read(record.value()))));
        }

        private GenericData.Record read(byte[] value) {
            GenericData.Record event = new GenericData.Record(schema);
            try (JsonParser parser = JSON.createParser(value)) {
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    switch (name) {
                        case "id" -> event.put(0, parser.getText());
                        case "source" -> event.put(1, parser.getText());
                        case "division" -> event.put(2, parser.getText());
                        case "kind" -> event.put(3, parser.getText().toUpperCase(java.util.Locale.ROOT));
                        case "at" -> event.put(4, parser.getLongValue() * 1000);
                        case "urgency" -> event.put(5, LEVELS.getOrDefault(parser.getText(), 1));
                        case "text" -> event.put(6, parser.getText().strip());
                        default -> parser.skipChildren();
                    }
                }
                return event;
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
