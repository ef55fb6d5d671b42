package hub.example;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Works off a department's dispatches, each once.
 *
 * <p>Arguments, each with a default: bootstrap=HOST:PORT registry=URL topic=NAME group=NAME done=FILE idle=SECONDS (0: never
 * ends). One line a record: ce_id, case_id, and whether it was new.
 */
public final class DepartmentConsumer {
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<Integer, Schema> schemas = new HashMap<>();
    private final String registry;

    private DepartmentConsumer(String registry) {
        this.registry = registry;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of(
                "bootstrap", "127.0.0.1:19092",
                "registry", "http://127.0.0.1:8081",
                "topic", "dispatch.county",
                "group", "example-java",
                "done", "done.txt",
                "idle", "0"));
        for (String argument : arguments) {
            String[] pair = argument.split("=", 2);
            options.put(pair[0], pair[1]);
        }
        new DepartmentConsumer(options.get("registry")).run(options);
    }

    private void run(Map<String, String> options) throws Exception {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", options.get("bootstrap"),
                "group.id", options.get("group"),
                // What a transaction of the hub has aborted is not shown.
                "isolation.level", "read_committed",
                "auto.offset.reset", "earliest",
                // Offsets are committed after the work: what was under way at a crash comes again.
                "enable.auto.commit", false);
        Path done = Path.of(options.get("done"));
        // A department keeps the ids in the database that holds its work, and writes both in one transaction.
        Set<String> known = new HashSet<>(Files.exists(done) ? Files.readAllLines(done) : List.of());
        long idleMs = Long.parseLong(options.get("idle")) * 1000;
        long last = System.currentTimeMillis();
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(options.get("topic")));
            while (idleMs == 0 || System.currentTimeMillis() - last < idleMs) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    last = System.currentTimeMillis();
                    String id = new String(record.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8);
                    GenericRecord dispatch = read(record.value());
                    boolean isNew = known.add(id);
                    if (isNew) {
                        Files.writeString(done, id + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                    }
                    System.out.println(id + " " + dispatch.get("case_id") + " " + (isNew ? "new" : "again"));
                }
                consumer.commitSync();
            }
        }
    }

    /** The Confluent wire format: byte 0, four bytes of schema id, then Avro. */
    private GenericRecord read(byte[] value) throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.wrap(value);
        if (buffer.get() != 0) {
            throw new IOException("not the Confluent wire format");
        }
        Schema schema = schema(buffer.getInt());
        var decoder = DecoderFactory.get().binaryDecoder(value, buffer.position(), buffer.remaining(), null);
        return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
    }

    private Schema schema(int id) throws IOException, InterruptedException {
        Schema found = schemas.get(id);
        if (found == null) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("the registry answers " + answer.statusCode() + " for schema " + id);
            }
            found = new Schema.Parser().parse(textOf(answer.body()));
            schemas.put(id, found);
        }
        return found;
    }

    /** The member "schema" of the registry's answer, a JSON text within JSON; Avro brings a JSON parser along. */
    private static String textOf(String answer) throws IOException {
        return new com.fasterxml.jackson.databind.ObjectMapper().readTree(answer).get("schema").asText();
    }
}
