import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from animatic.nn.minilm import DIM, MAX_TOKENS, MiniLM, TokenNetwork, pooled

WORDS = ("[CLS]", "[SEP]", "[UNK]", "a", "cat", "dog", "sails", "in", "snow")


def tokenizer() -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
    )
    return made


@pytest.fixture(scope="module")
def network() -> TokenNetwork:
    torch.manual_seed(0)
    return TokenNetwork()


@pytest.fixture
def encoder(network: TokenNetwork) -> MiniLM:
    return MiniLM(network, tokenizer())


def test_every_batch_has_the_same_length(encoder: MiniLM) -> None:
    tokens, mask = encoder.encode(["a cat", "a dog sails in snow"])
    assert tokens.shape == (2, MAX_TOKENS, DIM)
    assert mask.sum(1).tolist() == [4, 7]
    assert not tokens[~mask].any()


def test_a_sentence_has_the_same_bits_in_any_batch(network: TokenNetwork) -> None:
    texts = ["a cat", "a dog sails in snow", "snow", "a cat in a dog in a cat in a dog"]
    together = MiniLM(network, tokenizer()).encode(texts).tokens
    for text, tokens in zip(texts, together, strict=True):
        assert torch.equal(MiniLM(network, tokenizer()).encode([text]).tokens[0], tokens)


def test_the_second_visit_returns_the_same_bits(encoder: MiniLM) -> None:
    first = encoder.encode(["a cat"]).tokens
    assert torch.equal(encoder.encode(["snow", "a cat"]).tokens[1], first[0])


def test_blocks_give_what_single_sentences_give(network: TokenNetwork) -> None:
    texts = ["a cat", "a dog sails in snow", "snow", "in", "a dog", "a cat in a dog in a cat in a"]
    blocks = MiniLM(network, tokenizer())
    blocks._block_size = 4
    alone = MiniLM(network, tokenizer()).encode(texts).tokens
    torch.testing.assert_close(blocks.encode(texts).tokens, alone, atol=2e-3, rtol=0)


def test_a_known_sentence_does_not_visit_the_network_again(encoder: MiniLM) -> None:
    visits = []
    encoder._network.register_forward_hook(lambda *_: visits.append(1))
    encoder.encode(["a cat", "a cat"])
    encoder.encode(["a cat"])
    assert len(visits) == 1


def test_a_full_memory_forgets_the_oldest_and_still_answers(network: TokenNetwork) -> None:
    small = MiniLM(network, tokenizer(), cache_size=2)
    texts = ["a", "cat", "dog", "snow"]
    tokens = small.encode(texts).tokens
    assert list(small._cache) == ["dog", "snow"]
    assert torch.equal(small.encode(texts).tokens, tokens)


def test_what_is_past_the_last_token_is_not_read(encoder: MiniLM) -> None:
    read = ["cat"] * (MAX_TOKENS - 2)
    tokens, mask = encoder.encode([" ".join(read), " ".join([*read, "dog", "snow"])])
    assert mask.all()
    assert torch.equal(tokens[0], tokens[1])


def test_a_text_without_words_is_its_marks(encoder: MiniLM) -> None:
    assert encoder.encode([" "]).mask.sum() == 2
    assert encoder.encode([]).tokens.shape == (0, MAX_TOKENS, DIM)


def test_padding_changes_no_token(network: TokenNetwork, encoder: MiniLM) -> None:
    numbers = torch.tensor([[WORDS.index(word) for word in ("[CLS]", "a", "cat", "[SEP]")]])
    alone = network(numbers, torch.ones_like(numbers).bool())
    padded = encoder.encode(["a cat"]).tokens[:, :4]
    torch.testing.assert_close(padded, alone, atol=2e-3, rtol=0)


def test_pooling_averages_tokens_only() -> None:
    tokens = torch.tensor([[[3.0, 0.0], [3.0, 8.0], [99.0, 99.0]]])
    mask = torch.tensor([[True, True, False]])
    torch.testing.assert_close(pooled(tokens, mask), torch.tensor([[0.6, 0.8]]))


def test_nothing_is_learnt_and_nothing_is_tracked(encoder: MiniLM) -> None:
    assert not any(parameter.requires_grad for parameter in encoder._network.parameters())
    assert not encoder.encode(["a cat"]).tokens.requires_grad
