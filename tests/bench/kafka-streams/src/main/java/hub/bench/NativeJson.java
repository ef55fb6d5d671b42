package hub.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** One JSON object as cleaned texts by field name, under the limits and rejections of samples README 2.16 and 7. */
final class NativeJson {
    private static final int LARGEST = 262_144;
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(32)
                    .maxNumberLength(30)
                    .build())
            .build();

    private NativeJson() {}

    static Map<String, String> read(byte[] payload, Set<String> known) throws Rejected {
        if (payload == null || isBlank(payload)) {
            throw new Rejected("empty_payload", null);
        }
        if (payload.length > LARGEST) {
            throw new Rejected("oversized", null);
        }
        checkControls(payload);
        Map<String, String> fields = new HashMap<>(64);
        try (JsonParser parser = JSON.createParser(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new Rejected("wrong_type", null);
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (!known.contains(name)) {
                    parser.skipChildren();
                } else if (value.isStructStart()) {
                    throw new Rejected("wrong_type", name);
                } else if (value != JsonToken.VALUE_NULL) {
                    String text = Text.clean(checked(parser.getText(), name));
                    if (text != null) {
                        fields.put(name, text);
                    }
                }
            }
            if (parser.nextToken() != null) {
                throw new Rejected("malformed_json", null);
            }
            return fields;
        } catch (StreamConstraintsException failure) {
            boolean depth = failure.getMessage().contains("nesting");
            throw new Rejected(depth ? "nesting_too_deep" : "number_too_long", null);
        } catch (JsonParseException failure) {
            String message = failure.getOriginalMessage();
            if (message.startsWith("Duplicate")) {
                throw new Rejected("duplicate_key", null);
            }
            throw new Rejected(message.startsWith("Invalid UTF-8") ? "wrong_encoding" : "malformed_json", null);
        } catch (IOException failure) {
            throw new Rejected("wrong_encoding", null);
        }
    }

    private static boolean isBlank(byte[] payload) {
        for (byte b : payload) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return false;
            }
        }
        return true;
    }

    private static void checkControls(byte[] payload) throws Rejected {
        for (byte b : payload) {
            if (b >= 0 && b < 0x20 && b != '\n' && b != '\r' && b != '\t' || b == 0x7F) {
                throw new Rejected("control_characters", null);
            }
        }
    }

    /** What an escape can smuggle in: control characters and lone surrogates. */
    private static String checked(String text, String field) throws Rejected {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7F) {
                throw new Rejected("control_characters", field);
            }
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    throw new Rejected("wrong_encoding", field);
                }
            }
        }
        return text;
    }
}
