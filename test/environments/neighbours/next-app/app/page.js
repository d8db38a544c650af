export default () => <p>theirs</p>;
